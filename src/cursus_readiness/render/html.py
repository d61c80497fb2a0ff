"""stub"""


def render_html(report, attachments):
    return "x"
