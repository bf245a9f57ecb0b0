"""Rules, routes and boards, made from an agreement: ``python -m grafana.mixin POLICY``."""
