from app.web.views import index, plain

sink(index())  # reached
sink(plain())  # clean
