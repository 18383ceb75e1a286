"""Contests as the specialist works with them."""

from django.contrib import admin

from contests.admin_after import AfterAdmin
from contests.admin_applications import AdmissionAdmin
from contests.admin_campaign import CampaignAdmin
from contests.admin_commission import CommissionAdmin
from contests.admin_protocol import ProtocolsAdmin
from contests.admin_ranking import RankingAdmin
from contests.models import Contest
from publishing.admin import PublishableAdmin
from publishing.admin_tools import ToolsAdmin


@admin.register(Contest)
class ContestAdmin(
    CampaignAdmin,
    AdmissionAdmin,
    CommissionAdmin,
    RankingAdmin,
    ProtocolsAdmin,
    AfterAdmin,
    ToolsAdmin,
    PublishableAdmin,
):
    """Tools stand in the order in which a contest goes: the mixins above, from the first on."""

    list_display = ["title_column", "year", "status_column"]
    list_filter = ["status", "year", "is_demo"]
    search_fields = ["title_ky", "title_ru", "slug"]

    @admin.display(description="")
    def title_column(self, obj):
        return str(obj)
