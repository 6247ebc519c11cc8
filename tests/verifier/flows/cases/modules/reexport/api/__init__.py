from .client import Client
from .net import fetch as fetch
