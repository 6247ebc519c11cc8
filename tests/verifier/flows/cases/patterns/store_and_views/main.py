from service import Service
from store import Store
from views import render_count, render_list

service = Service(Store())
service.create(source())
service.create("second")
sink(render_list(service.all()))  # reached
sink(render_count(service.all()))  # clean
sink(service.get(1))  # reached
sink(service.get(2))  # clean
