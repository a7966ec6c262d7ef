"""The demo company: three estates with eighteen months of service, the same every time for a given day."""

from importers.demo.accounts import DemoAccount, SignIn, demo_accounts
from importers.demo.company import DemoReport, load_demo

__all__ = ["DemoAccount", "DemoReport", "SignIn", "demo_accounts", "load_demo"]
