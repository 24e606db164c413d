"""Alarms that change by themselves: metrics, what an alarm makes of them, and who is told.

AWS ("Alarm evaluation", "Configuring how CloudWatch alarms treat missing data" and "Using metric
math", CloudWatch user guide): an alarm is evaluated every minute over its latest periods and runs
the actions of the state that it enters. moto 5.2.5 evaluates nothing and runs nothing. Fit for
upstream, but for the clock.
"""
