class Importing:
    pass
from typing import Literal
Subject = Literal["organizations", "configurations"]
