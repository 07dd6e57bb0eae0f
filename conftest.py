"""Fixtures for every test below: pytest's own pytester, with which the plugin is tested as its users meet it."""

pytest_plugins = ["pytester"]
