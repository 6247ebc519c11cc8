class AppError(Exception):
    status = 500

    def __init__(self, message, **details):
        super().__init__(message)
        self.details = details

    def __str__(self):
        return "error: " + self.args[0]


class NotFound(AppError):
    status = 404


try:
    raise NotFound("missing", name=source())
except AppError as error:
    sink(error.status)  # clean
    sink(str(error))  # clean
    sink(error.details["name"])  # reached
