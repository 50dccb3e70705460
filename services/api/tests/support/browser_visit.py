"""A page in a browser: what it does that no page of ours may do, and how it is used."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Page

Theme = Literal["light", "dark"]
PHONE, DESKTOP = 360, 1280

CONTRAST = "color-contrast"  # of axe-core's rules the one that needs most of the time

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
    """An open page, and what it did that no page of ours may do."""

    page: Page
    complaints: list[str]

    def violations(self, *rules: str, besides: Sequence[str] = ()) -> list[str]:
        """What axe-core finds, by these rules, or by all `besides` some: rule, how bad, where."""
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
        """The same with dark colours, on which only contrast depends."""
        self.page.emulate_media(color_scheme="dark")
        return self.violations(CONTRAST)

    def looks(self) -> list[list[str]]:
        """Of each element what its contrast depends on: colours, size of the text, if shown."""
        found: list[list[str]] = self.page.evaluate(_LOOKS)
        return found

    def scripts(self) -> list[str]:
        """Elements that would run a script."""
        return list(self.page.evaluate(_SCRIPTS))

    def unreachable(self) -> list[str]:
        """Visible links and controls that Tab leaves out. Without scripts there are no others."""
        return list(self.page.evaluate(_UNREACHABLE))

    def shrink_to_a_phone(self) -> None:
        """Give the window the width of a phone."""
        self.page.set_viewport_size({"width": PHONE, "height": 800})

    def violations_on_a_phone(self) -> list[str]:
        """Shrink it; what axe-core finds then, with contrast in dark colours.

        Fails if anything looks different than before: contrast in light colours is as it was.
        """
        before = self.looks()
        self.shrink_to_a_phone()
        assert self.looks() == before
        return self.violations(besides=[CONTRAST]) + self.violations_in_the_dark()

    def overflow(self) -> int:
        """Pixels that the page itself, not a box in it, can be scrolled to the right."""
        width = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        return int(self.page.evaluate(width))

    def focused(self) -> str:
        """The text, or else the tag, of what has the keyboard."""
        text = "document.activeElement.textContent.trim() || document.activeElement.tagName"
        return str(self.page.evaluate(text))


Open = Callable[..., Visit]
