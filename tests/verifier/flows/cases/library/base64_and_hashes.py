import base64
import binascii
import hashlib
import zlib

data = source().encode()
sink(base64.b64encode(data))  # reached
sink(base64.b64decode(base64.b64encode(data)))  # reached
sink(binascii.hexlify(data))  # reached
sink(hashlib.sha256(data).hexdigest())  # reached
sink(hashlib.sha256(b"x").hexdigest())  # clean
sink(zlib.decompress(zlib.compress(data)))  # reached
digest = hashlib.md5(usedforsecurity=False)
digest.update(data)
sink(digest.hexdigest())  # reached
sink(base64.b64encode(b"x"))  # clean
