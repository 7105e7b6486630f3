# How one learns that something is wrong: the topic and the alarms.

resource "aws_sns_topic" "notices" {
  name_prefix       = "${var.name}-"
  kms_master_key_id = var.topic_key_arn == "" ? null : var.topic_key_arn
}

resource "aws_sns_topic_policy" "notices" {
  arn = aws_sns_topic.notices.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "AlarmsOfThisAccount"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = ["sns:Publish"]
        Resource  = aws_sns_topic.notices.arn
        Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
      },
      {
        Sid       = "OnlyOverTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.notices.arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}

resource "aws_sns_topic_subscription" "mail" {
  count     = var.notification_email == "" ? 0 : 1
  topic_arn = aws_sns_topic.notices.arn
  protocol  = "email"
  endpoint  = var.notification_email
}

locals {
  alarms = {
    dead-letters = {
      about = "events that could not be loaded: `loadstone redrive` shows why, and puts them back"
      of    = ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum"], period = 60, threshold = 1
      by    = { QueueName = aws_sqs_queue.dead_letters.name }
    }
    oldest-message = {
      about = "events wait too long: the database is slow, unreachable, or at its cap"
      of    = ["AWS/SQS", "ApproximateAgeOfOldestMessage", "Maximum"], period = 60, threshold = var.oldest_message_alarm_seconds
      by    = { QueueName = aws_sqs_queue.events.name }
    }
    function-errors = {
      about = "the function itself fails or runs out of time: its log group says why"
      of    = ["AWS/Lambda", "Errors", "Sum"], period = 300, threshold = 1
      by    = { FunctionName = aws_lambda_function.loader.function_name }
    }
    lag = {
      about = "rows come late: it takes too long from event to commit"
      of    = ["loadstone", "lag", "Maximum"], period = 300, threshold = var.lag_alarm_seconds
      by    = { pipeline = var.pipeline_name }
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "alarms" {
  for_each            = local.alarms
  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = "loadstone: ${each.value.about}"
  namespace           = each.value.of[0]
  metric_name         = each.value.of[1]
  statistic           = each.value.of[2]
  dimensions          = each.value.by
  period              = each.value.period
  threshold           = each.value.threshold
  comparison_operator = "GreaterThanOrEqualToThreshold"
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.notices.arn]
  ok_actions          = [aws_sns_topic.notices.arn]
}
