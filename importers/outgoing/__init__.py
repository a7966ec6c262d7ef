"""Files that come back: templates and refused rows."""
