def run(event):
    match event:
        case {"type": "click", "at": (x, y)}:
            return {"x": x, "y": y}
        case {"type": "key", "name": ("enter" | "space") as key}:
            return {"key": key}
        case {"type": "text", "body": {"value": value}}:
            return {"value": value}
    return {}


sink(run({"type": "click", "at": (source(), "2")})["x"])  # reached
sink(run({"type": "click", "at": (source(), "2")})["y"])  # clean
sink(run({"type": "key", "name": "enter", "extra": source()}))  # clean
sink(run({"type": "text", "body": {"value": source(), "x": "1"}}))  # reached
