"""behave formatter `steps.usage`, as behave has it, and right about rules: behave 1.3.3 counts a feature's Background
and no rule's, so that a sentence that only a rule's Background says would be called unused."""

from __future__ import annotations

from behave.formatter.steps import StepsUsageFormatter
from behave.model import Feature


class StepsUsage(StepsUsageFormatter):
    """Which sentences are said where, and which nowhere."""

    def update_usage_database_for_feature(self, feature: Feature) -> None:
        super().update_usage_database_for_feature(feature)
        for rule in feature.rules:
            for step in rule.background.steps if rule.background else ():
                self.update_usage_database_for_step(step)
