from .cli import emulator

if __name__ == "__main__":
    emulator(prog_name="matchbook emulator")
