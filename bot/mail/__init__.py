"""Mail: a letter's facts through its template to a message, and the message to SMTP."""
