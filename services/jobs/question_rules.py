"""Makes questions for an interview without a model, from sentences of ours and the skills that a description names.

The same description gives the same questions. None is asked twice in an interview.
"""

import re
from collections.abc import Sequence

from services.jobs.domain_interviews import Brief, Difficulty, Level, Question, difficulties

# In any letter case.
SKILLS = (
    *("Python", "Java", "JavaScript", "TypeScript", "Kotlin", "Scala", "Ruby", "PHP", "Haskell", "Elixir", "Clojure"),
    *("C++", "C#", ".NET", "Objective-C", "Perl", "MATLAB", "SQL", "HTML", "CSS", "Node.js", "Angular", "Vue.js"),
    *("Django", "Flask", "FastAPI", "Ruby on Rails", "Laravel", "GraphQL", "REST APIs", "gRPC", "microservices"),
    *("PostgreSQL", "MySQL", "SQLite", "MongoDB", "Redis", "Cassandra", "Elasticsearch", "DynamoDB", "Snowflake"),
    *("Kafka", "RabbitMQ", "Docker", "Kubernetes", "Terraform", "Ansible", "Jenkins", "Linux", "AWS", "Azure"),
    *("Google Cloud", "continuous integration", "observability", "Prometheus", "Grafana", "networking", "security"),
    *("machine learning", "deep learning", "PyTorch", "TensorFlow", "pandas", "NumPy", "data pipelines", "statistics"),
    *("data analysis", "data modelling", "Tableau", "Power BI", "A/B testing", "accessibility", "user research"),
    *("Figma", "Photoshop", "prototyping", "Android", "iOS", "Flutter", "React Native", "unit testing", "Git"),
    *("agile", "Scrum", "Kanban", "project management", "product management", "budgeting", "negotiation", "recruiting"),
    *("customer service", "sales", "marketing", "SEO", "copywriting", "accounting", "bookkeeping", "payroll"),
    *("nursing", "patient care", "first aid", "teaching", "lesson planning", "translation", "logistics", "purchasing"),
    *("welding", "carpentry", "electrical work", "plumbing", "food safety", "inventory", "quality assurance", "SAP"),
)
# Also words of everyday language, so only as they are written here.
NAMES = ("Go", "Rust", "Swift", "React", "Spring", "Excel", "R", "C", "Svelte", "Spark")
# What any work has.
TOPICS = (
    *("teamwork", "planning your work", "documentation", "the quality of your own work", "giving feedback"),
    *("working to a deadline", "learning new things", "setting priorities", "sharing knowledge"),
    *("reporting progress", "handing work over", "working with customers"),
)
E, M, H = Difficulty
TEMPLATES: dict[tuple[Level, Difficulty], tuple[str, ...]] = {
    (Level.JUNIOR, E): (
        "What do you know about {} so far, and where did you learn it?",
        "How would you explain {} to a friend who has never heard of it?",
        "What do you like about {}, and what do you find hard?",
        "Where have you come across {}, in training or in your own time?",
    ),
    (Level.JUNIOR, M): (
        "Tell me about something that you have done in which {} played a part. What was your share of it?",
        "Think of a problem with {} that you could not solve at once. What did you try?",
        "How would you go about it if you needed to know much more about {} by next week?",
        "Which mistakes do beginners make with {}, and how do you avoid them?",
    ),
    (Level.JUNIOR, H): (
        "Suppose that {} is your task alone in your first month. How do you start, and whom do you ask what?",
        "Somebody senior does something about {} in a way that seems wrong to you. What do you do?",
        "How would you find out whether what you did about {} was any good?",
        "What is it about {} that you would most like to be better at, and how do you work on it?",
    ),
    (Level.MID_LEVEL, E): (
        "What has {} been like in your work of the last two years?",
        "Which habits have you formed when it comes to {}, and why?",
        "What would you tell a new colleague about {} on the first day?",
        "Which help or tools do you rely on for {}?",
    ),
    (Level.MID_LEVEL, M): (
        "Describe a decision about {} that you made. Which other choices were there?",
        "Tell me about a time when {} went wrong. What did you change afterwards?",
        "How do you tell good work from bad where {} is concerned?",
        "How have you brought others to think differently about {}?",
    ),
    (Level.MID_LEVEL, H): (
        "You take over from somebody who left, and {} is in a bad state. What are your first three steps?",
        "Where do the usual rules about {} not hold? Give an example from your work.",
        "There is half the time that you need, and {} matters. What do you leave out, and how do you say so?",
        "Which measure would show that {} has got better, and how could that measure mislead you?",
    ),
    (Level.SENIOR, E): (
        "How has your view of {} changed over the years?",
        "What do you look for when somebody says that they are good at {}?",
        "Which part of {} do you leave to others, and which do you keep?",
        "How do you stay up to date with {}?",
    ),
    (Level.SENIOR, M): (
        "Describe how you led others through a change that had to do with {}.",
        "Which risks come with {}, and how have you kept them small?",
        "How do you settle it when two good people disagree about {}?",
        "What would you teach a team about {}, and how would you see that it stayed?",
    ),
    (Level.SENIOR, H): (
        "Tell me about your most costly misjudgement about {}. How did you find out, and what came of it?",
        "You are to plan for three years, and {} is at the heart of it. What do you decide now, and what later?",
        "Argue against what you yourself usually recommend about {}.",
        "How would you make {} work for ten times as many people, with the same means?",
    ),
}


def questions(brief: Brief) -> list[Question]:
    """As many as are wanted: about what the description names first, then about what any work has."""
    topics = [*skills(f"{brief.title}\n{brief.description}"), *TOPICS]
    made = []
    for place, difficulty in enumerate(difficulties(brief.level, brief.difficulty, brief.question_count)):
        # Every topic once, then every topic with the next sentence.
        topic, templates = place % len(topics), TEMPLATES[brief.level, difficulty]
        template = templates[(topic + place // len(topics)) % len(templates)]
        made.append(Question(template.format(topics[topic]), difficulty))
    return made


def skills(text: str) -> Sequence[str]:
    """The skills that a text names, in the order in which it does."""
    found = {skill: _place(skill, text, re.IGNORECASE) for skill in SKILLS}
    found |= {name: _place(name, text, re.NOFLAG) for name in NAMES}
    named = [skill for skill, place in found.items() if place is not None]
    return sorted(named, key=lambda skill: (found[skill] or 0, -len(skill)))


def _place(skill: str, text: str, flags: re.RegexFlag) -> int | None:
    # `\b` does not hold beside a plus or a dot; and C is neither C++ nor the end of Objective-C.
    found = re.search(rf"(?<![\w.+#&-]){re.escape(skill)}(?![\w+#&]|[.-]\w)", text, flags)
    return found.start() if found else None
