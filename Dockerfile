# One image for web, workers, beat and bot. Production settings: it does not start without its secrets.
FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DJANGO_SETTINGS_MODULE=config.settings.production
WORKDIR /app
COPY requirements/production.txt requirements/production.txt
RUN pip install --no-cache-dir --require-hashes -r requirements/production.txt
COPY . .
# The demo and the simulator are no part of live operation.
RUN rm -rf demo simulator tests && pybabel --quiet compile --domain django --directory locale \
    && useradd --system --uid 10001 tocsin && mkdir -p static-collected var/pages && chown tocsin static-collected var var/pages
USER tocsin
EXPOSE 8000
# What a process is given to end what it does: Celery's soft shutdown takes 15 s.
STOPSIGNAL SIGTERM
# A quiet connection is kept longer than a proxy keeps it (a minute or two), so that no request meets one that we are closing.
CMD ["python", "-m", "gunicorn", "config.wsgi", "--preload", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "16", "--keep-alive", "130"]
