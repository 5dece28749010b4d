"""Sends a signed request to SalesOS. Needs nothing but Python 3: `python3 sign.py GET /v1/whoami`."""
import hashlib
import hmac
import os
import sys
import time
import urllib.error
import urllib.request


def authorization(key, secret, method, path, body=b"", timestamp=None):
    """The value of Authorization. path is as it is sent, with its query; body is exactly the bytes that are sent."""
    timestamp = str(int(time.time()) if timestamp is None else timestamp)
    mac = secret.encode()
    for part in (key, timestamp, method, path, hashlib.sha256(body).hexdigest()):
        mac = hmac.new(mac, part.encode(), hashlib.sha256).digest()
    return f"P2S-SIGN-V1 {key}:{timestamp}:{mac.hex()}"


if __name__ == "__main__":
    method, path = sys.argv[1:3]
    body = sys.argv[3].encode() if len(sys.argv) > 3 else b""
    headers = {
        "Authorization": authorization(
            os.environ["SALESOS_API_KEY"], os.environ["SALESOS_API_KEY_SECRET"], method, path, body
        )
    }
    if body:
        headers["Content-Type"] = "application/json"
    url = os.environ["SALESOS_URL"] + path
    request = urllib.request.Request(url, data=body or None, headers=headers, method=method)
    try:
        response = urllib.request.urlopen(request)
    except urllib.error.HTTPError as refused:
        response = refused
    print(response.status, response.read().decode())
