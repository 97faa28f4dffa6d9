class SigningIn:
    pass
class SignInFailed(Exception):
    pass
