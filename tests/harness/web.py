"""Requests of the tests themselves to addresses of this machine, whatever proxy is set.

Never `urllib.request.urlopen`: it keeps the proxies of its first call for the whole process, but
asks anew which hosts they are not for.
"""

import urllib.request

direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
