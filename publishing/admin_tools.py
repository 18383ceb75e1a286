"""Ways from the form of a record to its other pages and works, given by mixins of its admin."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Tool:
    """A link above the form, or a button where it changes something."""

    label: str
    url: str
    is_post: bool = False
    hint: str = ""


class ToolsAdmin:
    """Mixed into a TwoLanguageAdmin. A mixin adds to `tools()` what it brings."""

    change_form_template = "admin/tools_form.html"

    def tools(self, request, record) -> list[Tool]:
        return []

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj and change and not context.get("revert"):
            context["tools"] = self.tools(request, obj)
        return super().render_change_form(request, context, add, change, form_url, obj)
