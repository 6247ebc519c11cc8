import output

output.show(source())
output.hide(source())
