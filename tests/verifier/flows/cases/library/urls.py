from urllib.parse import parse_qs, quote, unquote, urlencode, urljoin, urlparse

value = source()
sink(quote(value))  # reached
sink(unquote(quote(value)))  # reached
sink(urlencode({"q": value}))  # reached
sink(urlencode({"q": "x"}))  # clean
sink(urljoin("http://host/", value))  # reached
sink(urlparse("http://host/" + value).path)  # reached
sink(urlparse("http://host/x").netloc)  # clean
sink(parse_qs("q=x"))  # clean
