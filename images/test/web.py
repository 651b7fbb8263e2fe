"""A web server of a town on which a bundle lies; the certificate of its own authority lies in `ca`."""

import http.server
import re
import ssl
import subprocess
import threading


class Server:
    """One file over HTTPS on loopback, as whole and honest as it is told to be: `cut` breaks off there, `elsewhere` sends away."""

    def __init__(self, folder, file, seen_as="127.0.0.1"):
        self.file, self.cut, self.ranges, self.announces, self.asked, self.elsewhere = file, None, True, True, [], None
        self.ca = folder / "ca.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=here",
                        "-addext", f"subjectAltName=IP:{seen_as}", "-keyout", str(folder / "ca.key"), "-out", str(self.ca)], check=True, capture_output=True)
        serves = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                wanted = self.headers.get("Range")
                serves.asked.append(wanted)
                if serves.elsewhere:
                    self.send_response(302)
                    self.send_header("Location", serves.elsewhere)
                    self.send_header("Content-Length", "0")
                    return self.end_headers()
                first = int(re.fullmatch(r"bytes=(\d+)-", wanted)[1]) if wanted and serves.ranges else 0
                self.send_response(206 if wanted and serves.ranges else 200)
                if wanted and serves.ranges:
                    self.send_header("Content-Range", f"bytes {first}-{len(serves.file) - 1}/{len(serves.file)}")
                if serves.announces:
                    self.send_header("Content-Length", str(len(serves.file) - first))
                self.send_header("Connection", "close")
                self.end_headers()
                end = len(serves.file) if serves.cut is None else serves.cut
                self.wfile.write(serves.file[first:end])
                self.close_connection = True

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.handle_error = lambda *_: None  # somebody hung up: that is what is tried here
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.ca, folder / "ca.key")
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"https://{seen_as}:{self.server.server_port}/ubugoe.raucb?build=7"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
