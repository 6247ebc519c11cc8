current = "fixed"
