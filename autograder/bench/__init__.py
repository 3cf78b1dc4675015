"""Measures how fast the kit grades and how large a class it can grade.

It may import every room. No room imports it.
"""
