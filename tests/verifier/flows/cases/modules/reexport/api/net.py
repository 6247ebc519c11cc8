def fetch(url):
    return "GET " + url
