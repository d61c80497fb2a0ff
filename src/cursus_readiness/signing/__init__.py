"""Sign-off: who vouches for a run, in statements that can be verified offline."""
