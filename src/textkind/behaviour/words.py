"""Words that the standard changes put into texts; all of them English, all replaceable in a suite."""

# Common first names and cities, no real persons meant. Names swap within their group, so that "she" and "he"
# still fit. Names that are words too (Will, Rose, Grace, Nice, Reading) are left out: texts in lower
# case would be changed where no name is meant.
GROUPS: tuple[tuple[str, ...], ...] = (
    (
        "Aisha", "Alice", "Amanda", "Anna", "Ashley", "Barbara", "Caroline", "Claire", "Deborah", "Elena",
        "Elizabeth", "Emily", "Emma", "Fatima", "Hannah", "Helen", "Ingrid", "Jennifer", "Jessica", "Julia",
        "Karen", "Katherine", "Laura", "Linda", "Lisa", "Maria", "Mary", "Mei", "Michelle", "Nancy", "Olga",
        "Olivia", "Priya", "Rachel", "Rebecca", "Sandra", "Sarah", "Sophie", "Susan", "Yuki",
    ),
    (
        "Ahmed", "Alexander", "Andrew", "Anthony", "Antonio", "Arjun", "Benjamin", "Brian", "Carlos",
        "Daniel", "David", "Edward", "Eric", "George", "Giovanni", "Henry", "Hiroshi", "Ivan", "James",
        "Jason", "John", "Jonathan", "Joseph", "Joshua", "Kevin", "Kwame", "Liam", "Matthew", "Michael",
        "Mohammed", "Oliver", "Patrick", "Paul", "Peter", "Richard", "Robert", "Ryan", "Samuel", "Simon",
        "Steven", "Thomas", "Wei", "William",
    ),
    (
        "Amsterdam", "Athens", "Barcelona", "Berlin", "Boston", "Brussels", "Cairo", "Chicago", "Copenhagen",
        "Denver", "Dublin", "Edinburgh", "Hamburg", "Helsinki", "Istanbul", "Lagos", "Lisbon", "London",
        "Los Angeles", "Madrid", "Manchester", "Melbourne", "Miami", "Milan", "Montreal", "Moscow", "Mumbai",
        "Munich", "Nairobi", "New York", "Oslo", "Paris", "Prague", "Rome", "San Francisco", "Seattle",
        "Seoul", "Singapore", "Stockholm", "Sydney", "Tokyo", "Toronto", "Vienna", "Warsaw",
    ),
)  # fmt: skip

SENTENCES = (
    "I am writing this today.",
    "This is one more sentence.",
    "That is what I wanted to write.",
    "It was written this week.",
)

# "not" can stand behind these whatever follows; have, do and their forms are often full verbs: left out
AUXILIARIES = (  # regular expressions: apostrophes come in two kinds, or are left out
    "am", "are", "can", "could", "is", "must", "should", "was", "were", "will", "would", "i['’]?m", "it['’]s",
    "that['’]s", "we['’]re", "you['’]re", "they['’]re",
)  # fmt: skip
SUBJECTS = ("i", "we", "you", "they")  # "do not" fits between one of these and one of VERBS
VERBS = (
    "believe", "care", "enjoy", "expect", "feel", "hate", "have", "hope", "know", "like", "love", "mean",
    "need", "remember", "see", "think", "trust", "understand", "want",
)  # fmt: skip
NEGATIONS = (
    "barely",
    "cannot",
    "hardly",
    "neither",
    "never",
    "no",
    "nobody",
    "none",
    "nor",
    "not",
    "nothing",
)
