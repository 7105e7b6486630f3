# From the bucket's events to the queue: the rule, the queue, and the dead letters.

resource "aws_sqs_queue" "dead_letters" {
  name_prefix               = "${var.name}-dead-letters-"
  sqs_managed_sse_enabled   = true
  message_retention_seconds = 14 * 24 * 3600
}

resource "aws_sqs_queue" "events" {
  name_prefix                = "${var.name}-events-"
  sqs_managed_sse_enabled    = true
  message_retention_seconds  = 7 * 24 * 3600
  visibility_timeout_seconds = 6 * var.function_timeout
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letters.arn
    maxReceiveCount     = 5
  })
}

resource "aws_sqs_queue_policy" "queues" {
  for_each  = { events = aws_sqs_queue.events, dead_letters = aws_sqs_queue.dead_letters }
  queue_url = each.value.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "EventsOfTheBucket"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = ["sqs:SendMessage"]
        Resource  = each.value.arn
        Condition = { ArnEquals = { "aws:SourceArn" = aws_cloudwatch_event_rule.objects.arn } }
      },
      {
        Sid       = "OnlyOverTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = each.value.arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}

resource "aws_cloudwatch_event_rule" "objects" {
  name_prefix = "${substr(var.name, 0, 30)}-"
  description = "loadstone: objects that land in the bucket, or go"
  event_pattern = jsonencode({
    source        = ["aws.s3"]
    "detail-type" = ["Object Created", "Object Deleted"]
    detail = {
      bucket = { name = [local.bucket_name] }
      object = { key = [{ prefix = var.key_prefix }] }
    }
  })
}

resource "aws_cloudwatch_event_target" "queue" {
  rule = aws_cloudwatch_event_rule.objects.name
  arn  = aws_sqs_queue.events.arn
  dead_letter_config {
    arn = aws_sqs_queue.dead_letters.arn
  }
}
