"""A page in a browser: what it does that no page of ours may do, and how it is used."""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Page

Theme = Literal["light", "dark"]
PHONE, DESKTOP = 360, 1280

_AXE = AXE_FILE_PATH.read_text(encoding="utf-8")
_SCRIPTS = """
    [...document.querySelectorAll('*')].filter(one => one.localName === 'script'
        || one.getAttributeNames().some(name => name.startsWith('on'))
        || (one.getAttribute('href') || '').startsWith('javascript:')
    ).map(one => one.outerHTML.slice(0, 80))
"""
_UNREACHABLE = """
    [...document.querySelectorAll('a, button, input:not([type=hidden]), select, textarea, summary')
    ].filter(one => one.checkVisibility()
        && (one.tabIndex < 0 || one.disabled || one.closest('[inert]'))
    ).map(one => one.outerHTML.slice(0, 80))
"""


class Visit(NamedTuple):
    """An open page, and what it did that no page of ours may do."""

    page: Page
    complaints: list[str]

    def violations(self, *rules: str) -> list[str]:
        """What axe-core finds, by all rules or by these: rule, how bad, and where."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(_AXE)
        options: dict[str, Any] = {"resultTypes": ["violations"]}
        if rules:
            options["runOnly"] = list(rules)
        found = self.page.evaluate("options => axe.run(options)", options)["violations"]
        return [
            f"{rule['id']} ({rule['impact']}): {node['target']} {node.get('failureSummary')}"
            for rule in found
            for node in rule["nodes"]
        ]

    def violations_in_the_dark(self) -> list[str]:
        """The same with dark colours, on which only contrast depends."""
        self.page.emulate_media(color_scheme="dark")
        return self.violations("color-contrast")

    def scripts(self) -> list[str]:
        """Elements that would run a script."""
        return list(self.page.evaluate(_SCRIPTS))

    def unreachable(self) -> list[str]:
        """Visible links and controls that Tab leaves out. Without scripts there are no others."""
        return list(self.page.evaluate(_UNREACHABLE))

    def shrink_to_a_phone(self) -> None:
        """Give the window the width of a phone."""
        self.page.set_viewport_size({"width": PHONE, "height": 800})

    def overflow(self) -> int:
        """Pixels that the page itself, not a box in it, can be scrolled to the right."""
        width = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        return int(self.page.evaluate(width))

    def focused(self) -> str:
        """The text, or else the tag, of what has the keyboard."""
        text = "document.activeElement.textContent.trim() || document.activeElement.tagName"
        return str(self.page.evaluate(text))


Open = Callable[..., Visit]
