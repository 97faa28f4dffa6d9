class Deciding:
    pass
