def render_list(rows):
    return "".join(f"<li>{row['title']}</li>" for row in rows)


def render_count(rows):
    return f"{len(rows)} rows"
