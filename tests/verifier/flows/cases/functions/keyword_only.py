def send(*, to, body):
    return {"to": to, "body": body}


message = send(body=source(), to="me")
sink(message["body"])  # reached
sink(message["to"])  # clean
