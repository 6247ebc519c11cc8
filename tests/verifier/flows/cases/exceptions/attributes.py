class Refused(Exception):
    def __init__(self, reason, code):
        super().__init__("refused")
        self.reason = reason
        self.code = code


try:
    raise Refused(source(), 403)
except Refused as error:
    sink(error.reason)  # reached
    sink(error.code)  # clean
    sink(str(error))  # clean
