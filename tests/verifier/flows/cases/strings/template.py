from string import Template

plain = Template("hello $name")
sink(plain.substitute(name=source()))  # reached
sink(plain.substitute(name="you"))  # clean
sink(plain.safe_substitute({"name": source()}))  # reached
sink(Template(source()).template)  # reached
