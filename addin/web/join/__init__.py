"""The guests' surface: the join page, without login, cookie, script or anything from another host."""
