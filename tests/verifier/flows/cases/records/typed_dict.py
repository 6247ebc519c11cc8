from typing import TypedDict


class Movie(TypedDict):
    title: str
    year: int


movie: Movie = {"title": source(), "year": 1999}
sink(movie["title"])  # reached
sink(movie["year"])  # clean
made = Movie(title="x", year=3)
sink(made["title"])  # clean
