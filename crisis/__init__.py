"""The domain: who we are, who must be told, what was said, what came back. It knows no queue, no SDK and no page."""
