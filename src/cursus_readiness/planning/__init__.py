"""Scenario and definition become a Plan: jobs in order, and what serves their inputs. Pure."""
