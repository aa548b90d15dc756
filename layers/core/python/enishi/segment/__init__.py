"""The condition language: a tree that a planner writes, and the SQL tree that it becomes."""
