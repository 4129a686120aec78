"""The durable record of what was sent, in SQLite or PostgreSQL. Claims, outcomes and questions come in.

Histories, rows and runs go out as frozen values. A claim is committed before it is returned. No other package knows
SQL.
"""
