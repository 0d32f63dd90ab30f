"""Tests of calendar items: series over DST days, and what a meeting does with each thing that is seen."""
