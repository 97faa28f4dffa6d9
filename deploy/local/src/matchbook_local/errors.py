class LocalError(Exception):
    """Something on this machine stands in the way. The message is one sentence a person can act on, shown without a
    traceback.
    """
