"""The OpenRPC document of this project's methods, and the schemas of execution-apis that it refers to.

`execution_apis.json` carries the schemas of ethereum/execution-apis (CC0-1.0) as data; it names the commit.
"""
