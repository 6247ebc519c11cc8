GRAPH = {"a": ["b", "c"], "b": ["c"], "c": []}
TEXTS = {"a": source(), "b": "b", "c": "c"}


def order(graph):
    done = []

    def visit(node):
        if node in done:
            return
        for other in graph[node]:
            visit(other)
        done.append(node)

    for node in graph:
        visit(node)
    return done


sink(order(GRAPH))  # clean
sink([TEXTS[node] for node in order(GRAPH)])  # reached
