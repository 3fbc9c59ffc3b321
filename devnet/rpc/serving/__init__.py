"""What the server is made of: the ASGI application, its threads, WebSocket connections and subscriptions."""
