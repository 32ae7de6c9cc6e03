"""The double of LinkedIn's Posts API: organisations' posts, pictures, roles and OAuth 2.0; little text cuts as it does there."""
