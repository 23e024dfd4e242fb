"""A sentence in each key."""

FIVE = {
    "te": "నా కరెంటు బిల్లు ఎంత?",
    "te-Latn": "naa current bill entha",
    "hi": "मेरा बिजली का बिल कितना है?",
    "hi-Latn": "mera bijli ka bill kitna hai",
    "en": "how much is my power bill",
}
