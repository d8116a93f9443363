"""The work itself: who is signed in, who gets which task, and each step of a task's life.

Pages, API and jobs call `actions`: a change together with the hand-out that it calls for.
"""
