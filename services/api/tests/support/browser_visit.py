"""A page in a browser: its errors, and how a person uses it."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Page

Theme = Literal["light", "dark"]
PHONE, DESKTOP = 360, 1280

CONTRAST = "color-contrast"  # the slowest of axe-core's rules

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

_LOOKS = """
[...document.querySelectorAll('body, body *')].map(element => {
    const style = getComputedStyle(element);
    const large = parseFloat(style.fontSize) >= (style.fontWeight >= 700 ? 18.66 : 24);
    return ['color', 'background-color', 'background-image', 'opacity', 'font-weight',
        'text-shadow', 'display', 'visibility', 'position', 'z-index', 'filter', 'mix-blend-mode',
        'fill', 'stroke'].map(name => style.getPropertyValue(name)).concat(String(large));
})
"""


class Visit(NamedTuple):
    """An open page, with the errors that it reported."""

    page: Page
    errors: list[str]

    def violations(self, *rules: str, besides: Sequence[str] = ()) -> list[str]:
        """Violations of these axe-core rules, or of all except `besides`: rule, impact, element."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(_AXE)
        options: dict[str, Any] = {
            "resultTypes": ["violations"],
            "rules": {rule: {"enabled": False} for rule in besides},
        }
        if rules:
            options["runOnly"] = list(rules)
        found = self.page.evaluate("options => axe.run(options)", options)["violations"]
        return [
            f"{rule['id']} ({rule['impact']}): {node['target']} {node.get('failureSummary')}"
            for rule in found
            for node in rule["nodes"]
        ]

    def violations_in_the_dark(self) -> list[str]:
        """Violations of contrast with dark colours; other rules do not depend on colours."""
        self.page.emulate_media(color_scheme="dark")
        return self.violations(CONTRAST)

    def looks(self) -> list[list[str]]:
        """Properties of each element that affect contrast: colours, text size, visibility."""
        found: list[list[str]] = self.page.evaluate(_LOOKS)
        return found

    def scripts(self) -> list[str]:
        """Elements that would run a script."""
        return list(self.page.evaluate(_SCRIPTS))

    def unreachable(self) -> list[str]:
        """Visible links and controls that Tab does not reach; scripts would add others."""
        return list(self.page.evaluate(_UNREACHABLE))

    def shrink_to_a_phone(self) -> None:
        """Give the window the width of a phone."""
        self.page.set_viewport_size({"width": PHONE, "height": 800})

    def violations_on_a_phone(self) -> list[str]:
        """Shrink the page; returns its violations, with contrast in dark colours.

        Fails if anything looks different: contrast in light colours is not checked again.
        """
        before = self.looks()
        self.shrink_to_a_phone()
        assert self.looks() == before
        return self.violations(besides=[CONTRAST]) + self.violations_in_the_dark()

    def overflow(self) -> int:
        """Pixels by which the page itself, not a box in it, can be scrolled to the right."""
        width = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        return int(self.page.evaluate(width))

    def focused(self) -> str:
        """The text of the focused element; without text its tag."""
        text = "document.activeElement.textContent.trim() || document.activeElement.tagName"
        return str(self.page.evaluate(text))


Open = Callable[..., Visit]
