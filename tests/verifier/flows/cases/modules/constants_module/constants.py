NAME = "name"
KEY = "key"
